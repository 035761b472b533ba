// Runs a bundle of the shop in bundled_shop, which throws, and prints what Sentry's SDK sends of it, and where npm's trace-mapping
// has each frame: null where it is none of the bundle's. Arguments: the bundle's file, its URL, optionally "hermes" where it is
// bytecode.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { runInThisContext } from "node:vm";

const packages = `${process.env.MAYDAY_PROVISION}/node/node_modules`;
const require = createRequire(`${packages}/`);
const { TraceMap, originalPositionFor } = require("@jridgewell/trace-mapping");
const { defaultStackParser } = require("@sentry/browser");
const { getDebugImagesForResources } = require("@sentry/core");
const [bundle, url, engine] = process.argv.slice(2);

const stack = engine === "hermes" ? printedByHermes() : await printedHere();
const frames = defaultStackParser(stack).map((frame) => (engine === "hermes" ? ofReactNative(frame) : frame));
const images = getDebugImagesForResources(defaultStackParser, [url]);
const map = new TraceMap(readFileSync(`${bundle}.map`, "utf8"));
console.log(JSON.stringify({ stack, frames, images, sources: frames.map(source) }));

/** The bundle runs as the script of that URL. */
function printedHere() {
  const printed = new Promise((resolve) => (globalThis.print = resolve));
  runInThisContext(readFileSync(bundle, "utf8"), { filename: url });
  return printed;
}

function printedByHermes() {
  const engine = `${packages}/hermes-engine-cli/linux64-bin/hermes`;
  return execFileSync(engine, ["-b", basename(bundle)], { cwd: dirname(bundle), encoding: "utf8" });
}

/** As @sentry/react-native has it: files are the app's, and Hermes' offsets of bytecode, in the only line, are columns from 0. */
function ofReactNative(frame) {
  if (frame.filename === "native") {
    return frame;
  }
  const file = basename(frame.filename);
  const colno = frame.lineno === 1 ? frame.colno + 1 : frame.colno;
  return { ...frame, filename: `app:///${file}`, colno, in_app: file !== "InternalBytecode.js" };
}

function source({ filename, lineno, colno }) {
  return filename === url ? originalPositionFor(map, { line: lineno, column: colno - 1 }) : null;
}
