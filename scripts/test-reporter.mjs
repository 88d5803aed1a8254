// node:test's own reporter (tap, or spec on a terminal), with a list of what was skipped and why before its totals.
import { relative } from 'node:path';
import { spec, tap } from 'node:test/reporters';
import { root } from './setup.mjs';

export default async function* report(events) {
  const skipped = [];
  const listed = listBeforeTotals(events, skipped);
  if (!process.stdout.isTTY) yield* tap(listed);
  else for await (const text of toStream(listed)) yield text;
}

/** The totals are diagnostics of the outermost level, of which `tests N` comes first. */
async function* listBeforeTotals(events, skipped) {
  for await (const event of events) {
    const { type, data } = event;
    if (
      (type === 'test:pass' || type === 'test:fail') &&
      data.skip !== undefined &&
      data.details?.type !== 'suite'
    )
      skipped.push(data);
    if (type === 'test:diagnostic' && data.nesting === 0 && /^tests \d+$/.test(data.message))
      for (const message of lines(skipped)) yield { type, data: { ...data, message } };
    yield event;
  }
}

/** One paragraph for each file and reason, since a missing program usually skips several tests. */
function lines(skipped) {
  if (skipped.length === 0) return ['every test was run, none skipped'];
  const groups = new Map();
  for (const { name, file, skip } of skipped) {
    const why = typeof skip === 'string' && skip !== '' ? skip : 'without a reason';
    const heading = `not run in ${file === undefined ? 'an unknown file' : relative(root, file)}: ${why}`;
    groups.set(heading, [...(groups.get(heading) ?? []), name]);
  }
  return [...groups].flatMap(([heading, names]) => [heading, ...names.map((name) => `  ${name}`)]);
}

async function* toStream(events) {
  const reporter = new spec();
  const write = (async () => {
    for await (const event of events)
      if (!reporter.write(event)) await new Promise((next) => reporter.once('drain', next));
    reporter.end();
  })();
  yield* reporter;
  await write;
}
