// statistic-*: reading, resetting, removing and limiting statistics.
import type { Statistics } from '../../engine/statistics.ts';
import { argumentsOf } from '../arguments.ts';
import { commandResult, type CommandAnswer, type CommandHandler } from '../command.ts';

export function statisticCommands(deps: {
  readonly statistics: Statistics;
}): Readonly<Record<string, CommandHandler>> {
  const { statistics } = deps;
  return {
    'statistic-get'(args) {
      const { name } = named(args);
      const samples = statistics.samples(name);
      return { result: commandResult.success, arguments: samples ? { [name]: samples } : {} };
    },
    'statistic-get-all': () => ({ result: commandResult.success, arguments: statistics.all() }),
    'statistic-reset'(args) {
      const { name } = named(args);
      return about(name, statistics.reset(name), 'reset.');
    },
    'statistic-reset-all'() {
      statistics.resetAll();
      return done('All statistics reset to neutral values.');
    },
    'statistic-remove'(args) {
      const { name } = named(args);
      return about(name, statistics.remove(name), 'removed.');
    },
    'statistic-remove-all'() {
      statistics.removeAll();
      return done('Warning: statistic-remove-all command is deprecated. All statistics removed.');
    },
    'statistic-sample-count-set'(args) {
      const { name, 'max-samples': count } = namedCount(args);
      return about(name, statistics.setSampleCount(name, count), 'count limit is set.');
    },
    'statistic-sample-count-set-all'(args) {
      statistics.setSampleCountAll(countOnly(args)['max-samples']);
      return done('All statistics count limit are set.');
    },
    'statistic-sample-age-set'(args) {
      const { name, duration } = namedAge(args);
      return about(name, statistics.setSampleAge(name, duration), 'duration limit is set.');
    },
    'statistic-sample-age-set-all'(args) {
      statistics.setSampleAgeAll(ageOnly(args).duration);
      return done('All statistics duration limit are set.');
    },
  };
}

const name = { type: 'string' } as const;
// A limit of no samples, or of a negative time, leaves nothing to show: refused, for one statistic as for all.
const count = { type: 'integer', minimum: 1, maximum: 1_000_000 } as const;
const age = { type: 'integer', minimum: 0, maximum: 0xffffffff } as const;

const named = argumentsOf<{ name: string }>({ type: 'object', properties: { name }, required: ['name'] });
const namedCount = argumentsOf<{ name: string; 'max-samples': number }>({
  type: 'object',
  properties: { name, 'max-samples': count },
  required: ['name', 'max-samples'],
});
const countOnly = argumentsOf<{ 'max-samples': number }>({
  type: 'object',
  properties: { 'max-samples': count },
  required: ['max-samples'],
});
const namedAge = argumentsOf<{ name: string; duration: number }>({
  type: 'object',
  properties: { name, duration: age },
  required: ['name', 'duration'],
});
const ageOnly = argumentsOf<{ duration: number }>({
  type: 'object',
  properties: { duration: age },
  required: ['duration'],
});

const done = (text: string): CommandAnswer => ({ result: commandResult.success, text });

function about(statistic: string, exists: boolean, outcome: string): CommandAnswer {
  return exists
    ? done(`Statistic '${statistic}' ${outcome}`)
    : { result: commandResult.error, text: `No '${statistic}' statistic found` };
}
