/** Which village is looked at, for those who have several. */
import type { Village } from "../core/api";
import { t } from "../text";
import { remembered } from "./remembered";

export function VillageSwitch({ villages, chosen, unit }: { villages: Village[]; chosen: Village; unit: string }) {
  return (
    <label class="field">
      <span class="field-label">{t("village.choose", { unit: unit.toLocaleLowerCase("vi") })}</span>
      <select class="input" value={chosen.code} onChange={(event) => (remembered.village.value = event.currentTarget.value)}>
        {villages.map((village) => <option key={village.code} value={village.code}>{village.name}</option>)}
      </select>
    </label>
  );
}
