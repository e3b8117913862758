import { contract } from "./support/contract.ts";

contract({ adapter: "null", knowsFiles: false, install: () => {}, runs: () => null });
