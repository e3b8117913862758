import { after } from "node:test";
import { contract } from "./support/contract.ts";
import { Mac } from "./support/mac.ts";

const mac = new Mac();
after(() => mac.restore());

contract({
  adapter: "launchctl",
  knowsFiles: true,
  install: (label) => void mac.plist(label),
  runs: () => mac.calls().length,
});
