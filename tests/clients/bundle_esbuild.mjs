// npm's esbuild makes a minified bundle, with its map, of the shop in bundled_shop. Arguments: the app's folder, the bundle's file.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const { build } = require("esbuild");
const [app, outfile] = process.argv.slice(2);

await build({
  entryPoints: [`${app}/index.ts`],
  outfile,
  bundle: true,
  minify: true,
  sourcemap: true,
  target: "es2022",
  logLevel: "warning",
});
