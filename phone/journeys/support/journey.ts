/** One journey: an office and phones of its own, gone when it ends, however it ends. */

import { Office, type Village } from "./office.ts";
import { Phone } from "./phone.ts";

/** A phone that is off; `prepare` sets it up before it first starts. */
export type AnotherPhone = (prepare?: (phone: Phone) => void) => Phone;

export async function journey(
  walk: (office: Office, phone: AnotherPhone) => Promise<void>,
  villages?: Village[],
): Promise<void> {
  const office = Office.begin(villages);
  const phones: Phone[] = [];
  try {
    await office.serve();
    await walk(office, (prepare) => {
      const phone = new Phone(office);
      prepare?.(phone);
      phones.push(phone);
      return phone;
    });
  } catch (failure) {
    // What was on the screens then says more than the line that failed.
    for (const phone of phones) console.log(await phone.seen());
    throw failure;
  } finally {
    for (const phone of phones) await phone.end();
    await office.end();
  }
}

/** A link that enrols a phone for the first village. */
export function link(office: Office, label = "Điện thoại thôn 01"): string {
  return `/#enrol=${office.code(label, "01")}`;
}
