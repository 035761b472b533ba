// npm's OpenTelemetry SDK with an exporter of logs. Arguments: the endpoint, the key, `proto` or `http` (JSON).

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const [url, key, encoding] = process.argv.slice(2);
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${encoding}`);
const { LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");
const { SeverityNumber } = require("@opentelemetry/api-logs");
const { resourceFromAttributes } = require("@opentelemetry/resources");

const exporter = new OTLPLogExporter({ url, headers: { "x-mayday-key": key } });
const provider = new LoggerProvider({
  resource: resourceFromAttributes({
    "service.name": "shop",
    "service.version": "1.2.3",
    "deployment.environment.name": "e2e",
  }),
  processors: [new SimpleLogRecordProcessor({ exporter })],
});

function charge(cart) {
  return cart.items[2].price;
}

try {
  charge({ items: [] });
} catch (error) {
  provider.getLogger("shop").emit({
    eventName: "exception",
    severityNumber: SeverityNumber.FATAL,
    attributes: {
      "exception.type": error.name,
      "exception.message": error.message,
      "exception.stacktrace": error.stack,
      flavour: "salty",
    },
  });
}
await provider.forceFlush();
await provider.shutdown();
