// A hook library that asks somebody far away about every packet: `milliseconds` each, as slow as the parameter says.

/** @param {import('flotilla/hooks').HookHandle} handle */
export async function load(handle) {
  const { milliseconds } = /** @type {{ milliseconds: number }} */ (handle.parameters);
  handle.register('pkt4_receive', async () => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  });
}

export async function unload() {}
