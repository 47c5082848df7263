/** The village's screens. */
import "./village.css";
import type { Screen } from "../app/screens";
import { HouseholdPage } from "./household_page";
import { ValuesPage } from "./values_page";
import { VillagePage } from "./village_page";

export const screens: Screen[] = [
  { path: "/", tab: "village", view: VillagePage },
  { path: "/ho/:document", tab: "village", view: ({ params }) => <HouseholdPage document={params["document"] ?? ""} /> },
  {
    path: "/ho/:document/:container/:id/:field",
    tab: null,
    view: ({ params }) => (
      <ValuesPage
        document={params["document"] ?? ""}
        container={params["container"] ?? ""}
        id={params["id"] === "-" ? null : (params["id"] ?? null)}
        field={params["field"] ?? ""}
      />
    ),
  },
];
