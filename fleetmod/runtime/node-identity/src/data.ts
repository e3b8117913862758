/** The variables' names and the last-resort defaults. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IdentityData } from "./types.ts";

const SHIPPED: IdentityData = {
  env: { nodeId: "NODE_ID", home: "HOME", root: "REPO_ROOT", vault: "VAULT_PATH" },
  defaults: { root: "", vault: "~/Vault" },
  rootPackage: "",
};

/** What the package's identity.json says; `folder` is that of the code. A bundle has only what is written above. */
export function identityData(folder: string): IdentityData {
  try {
    const { env, defaults }: IdentityData = JSON.parse(readFileSync(join(folder, "..", "identity.json"), "utf8"));
    return typeof env === "object" && typeof defaults === "object" ? { env, defaults } : SHIPPED;
  } catch {
    return SHIPPED;
  }
}
