// A queue type to start from: the newest packet is answered first, and what waited too long is dropped.

/** @type {import('flotilla/hooks').QueueFactory} */
const newestFirst = (element, { now, drop, invalid }) => {
  const capacity = wholeNumber('capacity', 64);
  const maxAge = wholeNumber('max-age', 500);

  /** @type {import('flotilla/hooks').QueuedPacket[]} */
  const waiting = [];
  return {
    enqueue(packet) {
      const oldest = waiting.length >= capacity ? waiting.shift() : undefined;
      if (oldest) drop(oldest, 'queue-full');
      waiting.push(packet);
    },
    dequeue() {
      const packet = waiting.pop();
      if (!packet || now() - packet.receivedAt <= maxAge) return packet;
      drop(packet, 'queue-late'); // and so are all that are older
      for (const older of waiting.splice(0)) drop(older, 'queue-late');
      return undefined;
    },
    get size() {
      return waiting.length;
    },
  };

  /** @type {(key: string, standard: number) => number} */
  function wholeNumber(key, standard) {
    const value = element[key] ?? standard;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    throw invalid(key, `${key} must be a whole number above 0`);
  }
};

/** @param {import('flotilla/hooks').HookHandle} handle */
export function load(handle) {
  handle.registerQueueType('newest-first', newestFirst);
}
