// Writes src/client/schema.ts: the types of everything that schemas/openapi.json says the API takes and answers.
import { readFileSync, writeFileSync } from "node:fs";

const document = JSON.parse(readFileSync(new URL("../../schemas/openapi.json", import.meta.url), "utf8"));
const name = (text) => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : JSON.stringify(text));
const PLAIN = { integer: "number", number: "number", string: "string", boolean: "boolean", null: "null" };

/** A JSON Schema as a type. */
function type(schema) {
  if (schema === true || schema === undefined) return "unknown";
  if (schema === false) return "never";
  if (schema.$ref) return name(schema.$ref.split("/").pop());
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  for (const [key, sign] of [["oneOf", " | "], ["anyOf", " | "], ["allOf", " & "]]) {
    if (schema[key]) return schema[key].map((part) => `(${type(part)})`).join(sign);
  }
  const kinds = Array.isArray(schema.type) ? schema.type : [schema.type];
  return kinds.map((kind) => one(kind, schema)).join(" | ");
}

function one(kind, schema) {
  if (kind === "array") {
    if (schema.prefixItems) return `[${schema.prefixItems.map(type).join(", ")}]`;
    return `Array<${type(schema.items)}>`;
  }
  if (kind === "object") return members(schema);
  return PLAIN[kind] ?? "unknown";
}

function members(schema) {
  const required = new Set(schema.required ?? []);
  const known = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    return `${name(key)}${required.has(key) ? "" : "?"}: ${type(value)}`;
  });
  if (known.length > 0) return `{ ${known.join("; ")} }`;
  return `Record<string, ${type(schema.additionalProperties)}>`;
}

function operation({ parameters = [], requestBody, responses }) {
  const of = (place) => {
    const found = parameters.filter((parameter) => parameter.in === place);
    const texts = found.map((parameter) => `${name(parameter.name)}${parameter.required ? "" : "?"}: ${type(parameter.schema)}`);
    return `{ ${texts.join("; ")} }`;
  };
  const body = requestBody?.content?.["application/json"]?.schema;
  const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const answers = good.map(([, response]) => response.content?.["application/json"]?.schema).map((found) => (found ? type(found) : "void"));
  return `{ path: ${of("path")}; query: ${of("query")}; body: ${body ? type(body) : "undefined"}; answer: ${[...new Set(answers)].join(" | ")} }`;
}

const lines = ["// Made by client.mjs of schemas/openapi.json."];
for (const [key, schema] of Object.entries(document.components.schemas)) lines.push(`export type ${name(key)} = ${type(schema)};`);
for (const method of ["get", "post", "put", "patch", "delete"]) {
  lines.push(`export interface ${method[0].toUpperCase()}${method.slice(1)} {`);
  for (const [path, item] of Object.entries(document.paths)) {
    if (item[method]) lines.push(`  ${JSON.stringify(path)}: ${operation(item[method])};`);
  }
  lines.push("}");
}
writeFileSync(new URL("src/client/schema.ts", import.meta.url), `${lines.join("\n")}\n`);
