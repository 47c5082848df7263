/** The first step: choices of the user, the core, the pages. */
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/fields.css";
import "./styles/progress.css";
import "./styles/start.css";
import { connect } from "#core";
import { render } from "preact";
import { App } from "./app/app";
import { watchIdle } from "./app/idle";
import { watchInstall } from "./app/install";
import { watchLink } from "./app/link";
import { applyPreferences } from "./app/preferences";
import { createSession } from "./app/session";
import { watchSync } from "./app/autosync";
import { watchUpdates } from "./app/update";
import { Broken } from "./start/broken";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has #app");

history.scrollRestoration = "manual";
watchLink();
watchInstall();
try {
  // Before anything is drawn: the core takes longest to start.
  const core = connect();
  await applyPreferences();
  const session = createSession(core);
  render(<App session={session} />, root);
  await session.restart();
  watchIdle(session);
  watchSync(session);
} catch {
  render(<Broken code="start_failed" />, root);
}
// Last, and also after a failed start: a new version may be what helps.
await watchUpdates();
