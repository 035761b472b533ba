// What minified bundles are made of: each function of the crash is in a file, or a class, of its own.

import { Till } from "./till";

/** Hermes' command line has it. */
declare function print(line: string): void;

async function openShop(): Promise<void> {
  await Promise.resolve();
  new Till(["7.00", "free"]).close();
}

openShop().catch((error: Error) => print(String(error.stack)));
