/** Two people write different things: both stand, with who wrote them, until somebody says which is right. */

import { expect, type Page, test } from "@playwright/test";
import { beginVisit, change, enrol, fact, finishVisit, openHousehold, stateLine, sync, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

const [HOUSE] = households(1) as [ReturnType<typeof households>[number]];
const FIRST = { name: "Người giả lập A", address: "Xóm Đồi, nhà sàn cạnh suối" };
const SECOND = { name: "Người giả lập B", address: "Xóm Đồi, sau trường học" };

/** Two phones of one village whose register is one household. */
async function village(run: (office: Office, phones: [Phone, Phone], pages: [Page, Page]) => Promise<void>): Promise<void> {
  const office = Office.begin();
  const phones: [Phone, Phone] = [new Phone(office), new Phone(office)];
  try {
    office.import(csv([HOUSE]));
    await office.serve();
    const pages: Page[] = [];
    for (const [at, { name }] of [FIRST, SECOND].entries()) {
      const page = await phones[at]!.start(`/#enrol=${office.code(name)}`);
      await enrol(page, name);
      pages.push(page);
    }
    await run(office, phones, pages as [Page, Page]);
  } finally {
    await Promise.all(phones.map((phone) => phone.end()));
    await office.end();
  }
}

/** Each writes an address while there is no office; then both send, and the first fetches what the second sent. */
async function disagree(office: Office, [a, b]: [Page, Page]): Promise<void> {
  await office.stop();
  await visitWriting(a, HOUSE.head, "Địa chỉ", FIRST.address);
  await visitWriting(b, HOUSE.head, "Địa chỉ", SECOND.address);
  await office.serve();
  for (const page of [a, b, a]) await sync(page);
}

interface Undecided {
  fields: { document: string; container: string; field: string; values: { value: string }[] }[];
}

function undecided(office: Office): Undecided["fields"] {
  return (JSON.parse(office.run("conflicts", "--json")) as Undecided).fields;
}

/** The household's page shows both, and the page behind it who wrote which. */
async function expectBoth(page: Page, mine: string, theirs: { address: string; name: string }): Promise<void> {
  await openHousehold(page, HOUSE.head);
  const address = fact(page, "Địa chỉ");
  await expect(address).toContainText("Ghi khác nhau:");
  await expect(address).toContainText(mine);
  await expect(address).toContainText(theirs.address);
  await address.getByRole("link", { name: "Địa chỉ: xem ai ghi gì" }).click();
  await expect(page.getByText("Nhiều người ghi khác nhau")).toBeVisible();
  const values = page.getByRole("listitem");
  await expect(values.filter({ hasText: mine })).toContainText("Máy của tôi");
  await expect(values.filter({ hasText: theirs.address })).toContainText(theirs.name);
  await page.getByRole("button", { name: "Quay lại" }).click();
}

/** The household's page shows one address, and the decision that made it so. */
async function expectDecided(page: Page, address: string, reason: string, who: string, isNew = true): Promise<void> {
  await openHousehold(page, HOUSE.head);
  if (!isNew) await page.getByText("1 quyết định đã xem").click();
  await expect(page.getByText("Mới quyết định")).toHaveCount(isNew ? 1 : 0);
  const decision = page.getByRole("region", { name: "Những điều đã được quyết định" }).getByRole("listitem");
  await expect(decision).toContainText(address);
  await expect(decision).toContainText(`Lý do: ${reason}`);
  await expect(decision).toContainText(who);
  await expect(fact(page, "Địa chỉ").getByRole("definition")).toHaveText(address);
  await expect(page.getByText("Ghi khác nhau:")).toBeHidden();
}

test("two addresses stand side by side on both phones until the office decides, and then its reason is read on both", async () => {
  await village(async (office, _, pages) => {
    const [a, b] = pages;
    await disagree(office, pages);
    await expectBoth(a, FIRST.address, SECOND);
    await expectBoth(b, SECOND.address, FIRST);

    const [field] = undecided(office);
    if (!field) throw new Error("nothing is undecided");
    expect(field).toMatchObject({ container: "household", field: "address" });
    const pick = field.values.findIndex(({ value }) => value === SECOND.address) + 1;
    const reason = "Đã xem sổ hộ khẩu";
    office.run("decide", field.document, "household", "address", "--pick", String(pick), "--reason", reason);
    for (const page of [a, b]) {
      await sync(page);
      await expectDecided(page, SECOND.address, reason, "Xã");
    }
    expect(undecided(office)).toEqual([]);
  });
});

test("the collector says which address is right, and the other phone and the office hear it", async () => {
  await village(async (office, _, pages) => {
    const [a, b] = pages;
    await disagree(office, pages);
    await openHousehold(a, HOUSE.head);
    await fact(a, "Địa chỉ").getByRole("link", { name: "Địa chỉ: xem ai ghi gì" }).click();
    await a.getByRole("button", { name: `“${FIRST.address}”: cái này đúng` }).click();
    const asked = a.getByRole("dialog");
    await asked.getByLabel("Vì sao? (không bắt buộc)").fill("Hỏi lại chủ hộ");
    await asked.getByRole("button", { name: "Cái này đúng" }).click();
    await expect(a.getByText("Nhiều người ghi khác nhau")).toBeHidden();
    await a.getByRole("button", { name: "Quay lại" }).click();
    await expectDecided(a, FIRST.address, "Hỏi lại chủ hộ", "Máy của tôi", false);
    await sync(a);
    await sync(b);
    await expectDecided(b, FIRST.address, "Hỏi lại chủ hộ", FIRST.name);
    expect(undecided(office)).toEqual([]);
    expect(office.register()[0]?.household["address"]).toBe(FIRST.address);
  });
});

test("what arrives while the same field is being written in a visit is told, not overwritten, and both stand afterwards", async () => {
  await village(async (office, _, [a, b]) => {
    await beginVisit(b, HOUSE.head);
    await change(b, "Hộ này");
    await write(b, "Địa chỉ", SECOND.address);
    await expect(b.getByText("Người khác vừa ghi về hộ này")).toBeHidden();

    await visitWriting(a, HOUSE.head, "Địa chỉ", FIRST.address);
    await sync(a);
    // Out of the visit by the line that says what is sent, and back again.
    await stateLine(b).click();
    await sync(b);
    await b.goBack();
    await expect(b.getByText("Người khác vừa ghi về hộ này")).toBeVisible();
    await change(b, "Hộ này");
    await expect(b.getByLabel("Địa chỉ", { exact: true })).toHaveValue(SECOND.address);
    await expect(b.getByText(`Người khác ghi: ${FIRST.address}`)).toBeVisible();
    await finishVisit(b);

    await sync(b);
    await sync(a);
    await expectBoth(b, SECOND.address, FIRST);
    await expectBoth(a, FIRST.address, SECOND);
    expect(undecided(office)[0]?.values.map(({ value }) => value).sort()).toEqual([FIRST.address, SECOND.address].sort());
  });
});
