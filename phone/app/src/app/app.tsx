/** The whole: before the store is open the start pages, then the screen of the place, the bottom bar, what is told. */
import { useEffect, useErrorBoundary } from "preact/hooks";
import { announce, Announcements } from "../parts/announce";
import { Start } from "../start/start";
import { Broken } from "../start/broken";
import { t } from "../text";
import { linkedCode } from "./link";
import { Nav, useCoveredHeight } from "./nav";
import { NotFound } from "./not_found";
import { match, place } from "./router";
import { screens } from "./screens";
import { SessionContext, type Session } from "./session";
import { UpdateBanner } from "./update_banner";

export function App({ session }: { session: Session }) {
  const [error] = useErrorBoundary((failure: unknown) => console.error(import.meta.env.DEV ? failure : failure instanceof Error ? failure.name : "fault"));
  if (error) return <Broken code="fault" />;
  return (
    <SessionContext.Provider value={session}>
      {session.phase.value?.phase === "open" ? <Open /> : <Start phase={session.phase.value} />}
      <Announcements />
    </SessionContext.Provider>
  );
}

function Open() {
  const bottom = useCoveredHeight();
  const { path } = place.value;
  const found = screens.map((screen) => ({ screen, params: match(screen.path, path) })).find(({ params }) => params !== null);
  const View = found?.screen.view ?? NotFound;
  const tab = found ? found.screen.tab : "village";
  // An enrolment link that was opened on a phone that is enrolled: nothing is done, and that is said.
  const linked = linkedCode.value !== null;
  useEffect(() => {
    if (!linked) return;
    linkedCode.value = null;
    announce(t("enrol.already"));
  }, [linked]);
  return (
    <>
      <View key={found?.screen.steady ?? path} params={found?.params ?? {}} />
      <div class="bottom" ref={bottom}>
        {!found?.screen.uninterrupted && <UpdateBanner />}
        {tab && <Nav current={tab} />}
      </div>
    </>
  );
}
