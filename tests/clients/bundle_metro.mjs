// npm's Metro makes a minified bundle, with its map, of the shop in bundled_shop as React Native does for a release; where it is
// asked to, Hermes' compiler makes bytecode of that. Arguments: the app's folder, the bundle's file, optionally "hermes".

import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const packages = `${process.env.MAYDAY_PROVISION}/node/node_modules`;
const require = createRequire(`${packages}/`);
const Metro = require("metro");
const { composeSourceMaps } = require("metro-source-map");
const [app, bundle, engine] = process.argv.slice(2);
const map = `${bundle}.map`;

const config = await Metro.loadConfig(
  { cwd: app, config: undefined, maxWorkers: 1, resetCache: true },
  {
    projectRoot: app,
    cacheStores: [],
    watchFolders: [`${packages}/metro-runtime`],
    resolver: { useWatchman: false },
    transformer: {
      asyncRequireModulePath: require.resolve("metro-runtime/src/modules/asyncRequire"),
      babelTransformerPath: require.resolve("@react-native/metro-babel-transformer"),
      enableBabelRuntime: false,
    },
    reporter: { update() {} },
  },
);
// Nothing is kept: neither what was transformed nor which files there are.
const nowhere = { read: async () => null, write: async () => {}, end: async () => {} };
await Metro.runBuild({ ...config, unstable_fileMapCacheManagerFactory: () => nowhere }, {
  entry: "index.ts",
  platform: "android",
  dev: false,
  minify: true,
  out: bundle,
  bundleOut: bundle,
  sourceMap: true,
  sourceMapOut: map,
  sourceMapUrl: basename(map),
});
if (engine === "hermes") {
  toBytecode();
}

/** As the build of an Android app does: bytecode in the bundle's place, and of both maps one. */
function toBytecode() {
  const compiler = join(packages, "hermes-engine-cli/linux64-bin/hermesc");
  const bytecode = `${bundle}.hbc`;
  execFileSync(compiler, ["-w", "-emit-binary", "-O", "-output-source-map", "-out", bytecode, bundle]);
  const [ofMetro, ofHermes] = [map, `${bytecode}.map`].map((file) => JSON.parse(readFileSync(file)));
  writeFileSync(map, JSON.stringify(composeSourceMaps([ofMetro, ofHermes])));
  renameSync(bytecode, bundle);
  rmSync(`${bytecode}.map`);
}
