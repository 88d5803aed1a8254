// Refuses a Node.js that is too old, before anything else is loaded. Imported first by every script.
const needed = [20, 11];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `Flotilla needs Node.js ${needed.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}
