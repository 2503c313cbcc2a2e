/**
 * What was found out about tools, in the notes of a store: all of it in one note, for a build asks about all of its tools.
 *
 *     notes/tools-<version>   question ─▶ answer, the latest last
 *
 * It knows texts alone. Whether an answer still holds is for others to say. Of two processes that write at once, the later
 * one wins: what is lost is found out again.
 *
 * @module
 */
import type { Notes } from "@ashlar/core";

/** Version of the form of the note, and of the texts in it. */
const noteName = "tools-1";

/** Answers that are kept, at most. */
const maxAnswers = 500;

/** What notes said when they were last read in this process. */
const booksByNotes = new WeakMap<Notes, Map<string, string>>();

/** The answer that was kept. */
export function recallNoted(notes: Notes, question: string): string | undefined {
  let book = booksByNotes.get(notes);
  if (book === undefined) {
    book = readBook(notes);
    booksByNotes.set(notes, book);
  }
  return book.get(question);
}

/** Keeps an answer. */
export function keepNoted(notes: Notes, question: string, answer: string): void {
  // Others may have written since.
  const book = readBook(notes);
  book.delete(question);
  book.set(question, answer);
  booksByNotes.set(notes, book);
  const kept = [...book].slice(-maxAnswers);
  notes.write(noteName, Buffer.from(JSON.stringify(kept)));
}

function readBook(notes: Notes): Map<string, string> {
  try {
    const pairs: unknown = JSON.parse(notes.read(noteName)?.toString("utf8") ?? "[]");
    return new Map(Array.isArray(pairs) ? pairs.filter(isPair) : []);
  } catch {
    return new Map();
  }
}

function isPair(value: unknown): value is [string, string] {
  return (
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string")
  );
}
