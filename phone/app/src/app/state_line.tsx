/** One line on every page: what is with the office and what is not. Never better than the truth. */
import { Icon } from "../parts/icons";
import { stateOf } from "../sync/state";
import { textOf } from "../text";
import { useOnline } from "./online";
import { useSession } from "./session";

export function StateLine() {
  const session = useSession();
  const online = useOnline();
  const home = session.home.value;
  if (!home) return null;
  const state = stateOf(session.sync.value, home.waiting, home.last_sync, online, home.counts.drafts);
  return (
    <a class={`state-line ${state.attention ? "state-attention" : ""}`} href="#/gui-nhan">
      <Icon name={state.icon} />
      <span aria-live="polite">{textOf(state.key, state.params)}</span>
      <Icon name="forward" />
    </a>
  );
}
