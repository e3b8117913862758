/** Prints who and where this node is and how it knows; exits with 1 when something is to be mended. */
import { nodeIdentity } from "./index.mjs";
import { formatReport } from "./index.mjs";
const report = nodeIdentity.describe();
process.stdout.write(formatReport(report));
if (Object.values(report).some(({ problem }) => problem !== null))
    process.exitCode = 1;
