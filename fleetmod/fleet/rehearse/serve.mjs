// The workload: writes who and where it is to a file, and stays. Arguments: the node-identity
// package's entry, and the file.
import { renameSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [entry, file] = process.argv.slice(2);
const { nodeIdentity } = await import(pathToFileURL(entry).href);
const { nodeId, homeDir, repoRoot } = nodeIdentity;
writeFileSync(`${file}.new`, JSON.stringify({ nodeId, homeDir, repoRoot, pid: process.pid }));
renameSync(`${file}.new`, file); // who reads it never sees half of it
setInterval(() => {}, 60_000);
