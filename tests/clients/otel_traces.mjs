// npm's OpenTelemetry SDK with an exporter of spans as JSON. Arguments: the server's URL, the key.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const [url, key] = process.argv.slice(2);
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const finished = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(finished)] });
provider.getTracer("shop").startSpan("checkout").end();
await provider.forceFlush();

const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { "x-mayday-key": key } });
const { code, error } = await new Promise((resolve) => exporter.export(finished.getFinishedSpans(), resolve));
if (code !== 0) {
  throw error ?? new Error(`exported with code ${code}`);
}
await exporter.shutdown();
