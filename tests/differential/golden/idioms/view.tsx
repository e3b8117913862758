/** @jsxRuntime classic */
/** @jsx line */
import { processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

type Attributes = Record<string, unknown> | null;

/** An element as one line of text. */
export function line(tag: string, attributes: Attributes, ...children: unknown[]): string {
  return `<${tag}${attributes ? " …" : ""}>${children.join("")}</${tag}>`;
}

declare global {
  namespace JSX {
    type Element = string;
    interface IntrinsicElements {
      [tag: string]: unknown;
    }
  }
}

export const status = () => (
  <p title="state">{settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon"))).exitCode === 0 ? "listed" : "not listed"}</p>
);

export function press(): string {
  const onPress = async () => {
    settleSync(() => processManagerSync.restart("system/dev.lantern.beacon"));
  };
  void onPress();
  return <button onClick={onPress}>Restart</button>;
}
