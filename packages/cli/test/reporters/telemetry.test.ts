import * as api from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";

import { telemetryReporter } from "../../src/reporters/telemetry.ts";
import { builds, key } from "./builds.ts";

test("a build is a span, and so is each of its commands", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const trace = { setSpan: api.trace.setSpan, getTracer: () => provider.getTracer("test") };
  const reporter = telemetryReporter({ ...api, trace });
  // Times of long ago are taken for others by OpenTelemetry.
  const start = Date.UTC(2026, 0, 1);
  const events = builds(4, [
    [0, "ran"],
    [1, "failed"],
    [2, "reused"],
  ]).map((event) => Object.assign(event, { atMs: start + event.atMs }));
  for (const event of events.slice(0, -1)) reporter.onEvent(event);
  reporter.onEvent({ type: "stage-started", atMs: start + 150, id: 3, name: "s3", key, argv: [] });
  reporter.onEvent(events.at(-1)!);
  reporter.end({ outcome: "failed", errors: [] });

  const spans = exporter.getFinishedSpans();
  const root = spans.at(-1)!;
  const seen = spans.map(({ name, status, attributes, startTime, endTime }) => {
    const ms = ([s, ns]: [number, number]): number => Math.round(s * 1000 + ns / 1e6 - start);
    return [name, ms(startTime), ms(endTime), attributes["ashlar.outcome"], status.code];
  });
  const { ERROR, UNSET } = api.SpanStatusCode;
  expect(seen).toEqual([
    ["s0", 0, 100, "ran", UNSET],
    ["s1", 100, 200, "failed", ERROR],
    ["s3", 150, 200, "cancelled", UNSET],
    ["ashlar build", 0, 200, "failed", ERROR],
  ]);
  expect(root.attributes).toMatchObject({ "ashlar.stages.ran": 1, "ashlar.stages.reused": 1 });
  const parents = spans.slice(0, -1).map(({ parentSpanContext }) => parentSpanContext?.spanId);
  expect(new Set(parents)).toEqual(new Set([root.spanContext().spanId]));
});
