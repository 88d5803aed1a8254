// A hook library whose functions a test keeps: parameters.id says which.
let library;

export function load(handle) {
  library = globalThis.inTestLibraries.get(handle.parameters.id);
  return library.load(handle);
}

export function unload() {
  return library.unload?.();
}
