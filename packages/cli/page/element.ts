/**
 * Elements of the page, made from texts: nothing that a build has named or printed is ever read as markup.
 *
 * @module
 */

/** What an element is made with: attributes, and what happens on a click. */
export interface Parts {
  readonly class?: string;
  readonly title?: string;
  readonly role?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly onClick?: () => void;
}

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parts: Parts = {},
  ...children: readonly (Node | string | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (parts.class !== undefined) element.className = parts.class;
  if (parts.title !== undefined) element.title = parts.title;
  if (parts.role !== undefined) element.setAttribute("role", parts.role);
  for (const [name, value] of Object.entries(parts.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  if (parts.onClick !== undefined) element.addEventListener("click", parts.onClick);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Makes a button. */
export function button(
  parts: Parts & { readonly onClick: () => void },
  ...children: readonly (Node | string | undefined)[]
): HTMLButtonElement {
  const attributes = { type: "button", ...parts.attributes };
  return make("button", { ...parts, attributes }, ...children);
}

/** An element that the page has from the start. */
export function byId(id: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`#${id}`);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}
