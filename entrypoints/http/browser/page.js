"use strict";
// Shows openapi.json. Everything goes into the page as text, never as markup.
const make = (name, text, className) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
let description;

const resolve = (schema) => {
  const name = schema && schema.$ref && schema.$ref.split("/").pop();
  return name ? description.components.schemas[name] : schema;
};

const typeOf = (schema) => {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = schema.anyOf || schema.oneOf;
  if (options) return options.map(typeOf).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object")
    return `{key: ${typeOf(schema.additionalProperties)}}`;
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "any";
  return schema.format ? `${type} (${schema.format})` : type;
};

const bounds = (schema) =>
  ["minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern", "default"]
    .filter((key) => schema[key] !== undefined)
    .map((key) => `${key} ${JSON.stringify(schema[key])}`)
    .join(", ");

const example = (schema, depth = 0) => {
  schema = resolve(schema) || {};
  if (schema.examples) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const options = schema.anyOf || schema.oneOf;
  if (options) return example(options.find((option) => option.type !== "null") || {}, depth);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") {
    const required = schema.required || Object.keys(schema.properties || {}).slice(0, 3);
    if (depth > 3) return {};
    return Object.fromEntries(required.map((key) => [key, example(schema.properties?.[key], depth + 1)]));
  }
  if (type === "array") return depth > 3 ? [] : [example(schema.items, depth + 1)];
  return { string: "text", integer: 1, number: 1.5, boolean: true }[type] ?? null;
};

const table = (rows, heads) => {
  const element = make("table");
  const head = element.createTHead().insertRow();
  heads.forEach((text) => head.append(make("th", text)));
  const body = element.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((text, column) => line.insertCell().append(make(column === 0 ? "code" : "span", text)));
  }
  return element;
};

const fields = (schema) => {
  const found = resolve(schema);
  if (!found || !found.properties) return make("p", typeOf(schema), "none");
  return table(
    Object.entries(found.properties).map(([name, field]) => [
      name + ((found.required || []).includes(name) ? " *" : ""),
      typeOf(field),
      [field.description, bounds(field)].filter(Boolean).join(" "),
    ]),
    ["field", "type", ""],
  );
};

const curl = (path, method, operation) => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => `$${name.toUpperCase()}`);
  const lines = [`curl "$SUBMARINE_URL${filled}"`];
  if (method !== "get") lines.push(`-X ${method.toUpperCase()}`);
  if (!operation.security || operation.security.length) lines.push('-H "Authorization: Bearer $SUBMARINE_TOKEN"');
  const content = operation.requestBody && operation.requestBody.content;
  if (content && content["application/json"]) {
    const sample = JSON.stringify(example(content["application/json"].schema));
    lines.push('-H "Content-Type: application/json"', `-d '${sample}'`);
  } else if (content) {
    lines.push(`-H "Content-Type: ${Object.keys(content)[0]}"`, "--data-binary @FILE");
  }
  return lines.join(" \\\n  ");
};

const show = (path, method, operation) => {
  const card = make("details", undefined, "operation");
  card.id = operation.operationId;
  const summary = make("summary");
  summary.append(make("span", method.toUpperCase(), "method"), make("code", path, "path"),
    make("span", operation.summary, "summary"));
  card.append(summary);
  card.dataset.text = `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
  card.addEventListener("toggle", () => {
    if (!card.open || card.querySelector(".inside")) return;
    const inside = make("div", undefined, "inside");
    if (operation.description) inside.append(make("p", operation.description));
    if (operation.parameters) {
      inside.append(make("h3", "Parameters"), table(
        operation.parameters.map((one) => [
          one.name + (one.required ? " *" : ""), one.in, typeOf(one.schema),
          [one.description, bounds(one.schema)].filter(Boolean).join(" "),
        ]), ["name", "in", "type", ""]));
    }
    for (const [kind, body] of Object.entries((operation.requestBody || {}).content || {}).slice(0, 1))
      inside.append(make("h3", `Body (${Object.keys(operation.requestBody.content).join(", ")})`), fields(body.schema));
    inside.append(make("h3", "Answers"));
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (status >= "400") continue;
      const content = Object.entries(answer.content || {})[0];
      inside.append(make("p", `${status} ${answer.description}${content ? `, ${content[0]}` : ""}`));
      const item = content && content[1].schema;
      if (item) inside.append(fields(item.properties && item.properties.items ? item.properties.items.items : item));
    }
    const refusals = Object.keys(operation.responses).filter((status) => status >= "400").join(", ");
    inside.append(make("p", `Problems: ${refusals}`, "none"), make("h3", "Example"),
      make("pre", curl(path, method, operation)));
    card.append(inside);
  });
  return card;
};

const render = () => {
  document.getElementById("version").textContent = description.info.version;
  const main = document.getElementById("operations");
  const tags = document.getElementById("tags");
  main.replaceChildren();
  const sections = new Map();
  for (const [path, methods] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      if (!sections.has(tag)) sections.set(tag, []);
      sections.get(tag).push(show(path, method, operation));
    }
  for (const [tag, cards] of sections) {
    const section = make("section");
    const head = make("h2", tag);
    head.id = `tag-${tag}`;
    section.append(head, ...cards);
    main.append(section);
    const link = make("a", `${tag} (${cards.length})`);
    link.href = `#${head.id}`;
    tags.append(link);
  }
  const open = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (open) { open.open = true; open.scrollIntoView(); }
};

const search = document.getElementById("search");
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("main section")) {
    let any = false;
    for (const card of section.querySelectorAll(".operation")) {
      card.hidden = !words.every((word) => card.dataset.text.includes(word));
      any = any || !card.hidden;
    }
    section.hidden = !any;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
});
fetch("openapi.json")
  .then((answer) => answer.json())
  .then((found) => { description = found; render(); })
  .catch((error) => { document.getElementById("operations").textContent = `The description cannot be read: ${error}`; });
