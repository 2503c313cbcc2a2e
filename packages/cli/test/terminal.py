"""
Runs a program in a pseudo-terminal, and prints what it wrote.

    python3 terminal.py COLUMNS ROWS [WAIT_FOR] -- PROGRAM [WORD...]

WAIT_FOR=KEYS: when that text has been written, the keys are typed; several of them, one after another. `^C` is
Ctrl-C. `file:PATH` is not written, but waited for, and not typed, but made. The last line is the exit code, or the
number of the signal below zero.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

at = sys.argv.index("--")
columns, rows = int(sys.argv[1]), int(sys.argv[2])
steps = [step.split("=", 1) for step in sys.argv[3:at]]
words = sys.argv[at + 1 :]



def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


child, terminal = pty.fork()
if child == 0:
    # Before the program can ask.
    resize(0, columns, rows)
    os.execvp(words[0], words)

written = b""
seen = 0


def end_of(awaited):
    """Where what is waited for ends in what was written; below zero if it has not come yet."""
    if awaited.startswith("file:"):
        return len(written) if os.path.exists(awaited[5:]) else -1
    at = written.find(awaited.encode(), seen)
    return at if at < 0 else at + len(awaited.encode())


def do(keys):
    if keys.startswith("size:"):
        resize(terminal, *map(int, keys[5:].split("x")))
    elif keys.startswith("file:"):
        open(keys[5:], "w").close()
    else:
        os.write(terminal, keys.replace("^C", "\x03").replace("^D", "\x04").encode())


while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    written += part
    while steps and (end := end_of(steps[0][0])) >= 0:
        seen = end
        do(steps.pop(0)[1])
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(written)
print("\n%d" % os.waitstatus_to_exitcode(status))
