/** The page at /api/docs: the API's own description, readable. What it says is set as text, never as HTML. */

import "./docs.css";
import { byId, make } from "./ui/dom";
import { bodyOf, type Description, type Operation, operations, type Schema, typeOf } from "./openapi";

const SOURCE = "/api/openapi.json";
const PATIENCE_MS = 10_000;

void show();

async function show(): Promise<void> {
  const page = byId("docs", HTMLElement);
  try {
    page.replaceChildren(...pageOf(await read()));
  } catch (fault) {
    page.replaceChildren(make("p", "", "The API’s description cannot be read. Reload the page to try again."), source());
    console.warn(fault);
  }
}

async function read(): Promise<Description> {
  const response = await fetch(SOURCE, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${SOURCE} answered ${response.status}`);
  return (await response.json()) as Description;
}

function pageOf(description: Description): HTMLElement[] {
  const { title, version } = description.info;
  return [
    make("h1", "", `${title} ${version}`),
    source(),
    ...operations(description).map(({ method, path, operation }) => operationOf(method, path, operation)),
    make("h1", "", "Types"),
    ...Object.entries(description.components?.schemas ?? {}).map(([name, schema]) => schemaOf(name, schema)),
  ];
}

/** Where programs find the same. */
function source(): HTMLElement {
  const line = make("p", "", "For programs: ");
  const link = make("a", "", SOURCE);
  link.href = SOURCE;
  line.append(link);
  return line;
}

function operationOf(method: string, path: string, operation: Operation): HTMLElement {
  const heading = make("h2");
  heading.append(make("b", "", method), " ", make("code", "", path));
  const parameters = (operation.parameters ?? []).map((each) => [each.name, typeOf(each.schema), each.description ?? `in the ${each.in}`]);
  const body = operation.requestBody ? [["body", bodyOf(operation.requestBody.content), operation.requestBody.description ?? ""]] : [];
  const answers = Object.entries(operation.responses ?? {}).map(([status, each]) => [status, bodyOf(each.content), each.description ?? ""]);
  return section(heading, operation.description ?? operation.summary ?? "", [...parameters, ...body, ...answers]);
}

function schemaOf(name: string, schema: Schema): HTMLElement {
  const heading = make("h2", "", name);
  const rows = Object.entries(schema.properties ?? {}).map(([key, each]) => [key, typeOf(each), each.description ?? ""]);
  return section(heading, schema.description ?? "", rows);
}

function section(heading: HTMLElement, text: string, rows: readonly (readonly string[])[]): HTMLElement {
  const element = make("section");
  const table = make("table");
  for (const row of rows) {
    table.append(make("tr"));
    table.lastElementChild?.append(...row.map((cell, column) => make(column === 0 ? "th" : "td", "", cell)));
  }
  element.append(heading, make("p", "", text), table);
  return element;
}
