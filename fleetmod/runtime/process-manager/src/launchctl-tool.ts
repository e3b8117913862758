/** The tool that manages services on macOS, for code that looks for its name in a text. */
export const MACOS_SERVICE_TOOL = "launchctl";
