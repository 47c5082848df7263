/** A register is taken over; files that people take for one are told for what they are, whatever their size. */

import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, constants } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { Desk, download, heading } from "../../support/console.ts";
import { rowsOf } from "../../support/figures.ts";
import { Office, SOTHON } from "../../support/office.ts";

test.describe.configure({ mode: "serial" });

const MEGABYTE = 1024 * 1024;
/** What the program may grow by while it refuses an upload: the 32 MB it takes, once as a body and once as a file. */
const GROWTH_MAX_MB = 160;

let desk: Desk;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  page = await desk.officer("canbo", "Cán bộ Giả Lập");
});
test.afterAll(() => desk.end());

/** Writes a synthetic commune's register. */
const SAMPLE = process.env["SAMPLE_REGISTER_BIN"] ?? join(SOTHON, "../sample-register");

async function upload(path: string): Promise<void> {
  await page.goto("/office/import");
  await page.locator("input[type=file]").setInputFiles(path);
  await page.getByRole("button", { name: "Tải lên và xem các cột" }).click();
}

/** The most memory the serving program ever had, megabytes. */
function memoryMost(): number {
  const status = readFileSync(`/proc/${desk.office.process}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

test("a PDF, a picture and a text in an old font are told for what they are", async () => {
  const path = desk.office.path("so.xlsx");
  for (const [bytes, said] of [
    [Buffer.from("%PDF-1.7\n%âãÏÓ"), "Đây là tệp PDF, không phải bảng tính."],
    [Buffer.from("89504e470d0a1a0a0000", "hex"), "Đây là tệp ảnh, không phải bảng tính."],
    [Buffer.from("không phải sổ ".repeat(100)), "Tệp này không phải bảng tính, dù tên có đuôi .xlsx."],
  ] as const) {
    writeFileSync(path, bytes);
    await upload(path);
    await expect(page.locator("#e-file")).toContainText(said);
    await expect(page.locator("#e-file")).toContainText(".xlsx hoặc .csv");
  }
  const csv = desk.office.path("so.csv");
  writeFileSync(csv, "Th«n,Sè hé,Hä vµ tªn,Ngµy sinh\n01,1,NguyÔn,2015\n");
  await upload(csv);
  await expect(page.locator("#e-file")).toContainText("không phải Unicode");
  expect(desk.office.register()).toHaveLength(0);
});

test("ten million rows are refused beside the file", async () => {
  const path = desk.office.path("mười triệu.csv");
  writeFileSync(path, `Thôn,Số hộ,Họ và tên trẻ\n${"1\n".repeat(10_000_000)}`);
  const before = memoryMost();
  await upload(path);
  await expect(page.locator("#e-file")).toContainText("quá nhiều dòng");
  expect(memoryMost() - before).toBeLessThan(GROWTH_MAX_MB);
});

test("200 MB are refused with words in the browser", async () => {
  const path = desk.office.path("lớn.csv");
  writeFileSync(path, Buffer.alloc(200 * MEGABYTE, "a"));
  const before = memoryMost();
  await upload(path);
  await expect(page.locator("main")).toContainText("lớn hơn mức cho phép");
  expect(memoryMost() - before).toBeLessThan(GROWTH_MAX_MB);
  await page.goto("/office/import");
  await expect(page.locator("input[type=file]")).toBeVisible();
});

test("200 MB that come as a stream of unknown length are cut off with a code, and are never held", async () => {
  const cookies = await page.context().cookies(`${desk.office.origin}/office`);
  await page.goto("/office/import");
  const token = await page.locator("input[name=csrf]").first().inputValue();
  const before = memoryMost();
  const session = connect(desk.office.origin, { rejectUnauthorized: false });
  const boundary = "so-gia-lap";
  const sent = session.request({
    ":method": "POST",
    ":path": "/office/import",
    cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    origin: desk.office.origin,
    "content-type": `multipart/form-data; boundary=${boundary}`,
  });
  let status = 0;
  let text = "";
  sent.on("response", (headers) => (status = Number(headers[":status"])));
  sent.on("data", (piece: Buffer) => (text += piece.toString("utf8")));
  // The office may close the stream while it is still written to: that is how it cuts it off.
  const ended = new Promise<void>((told) => sent.once("close", told));
  sent.on("error", (error: NodeJS.ErrnoException) => expect(error.code).toMatch(/^ERR_HTTP2_STREAM/));
  const part = (name: string, more = "") => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  sent.write(`${part("csrf")}${token}\r\n${part("file", '; filename="so.csv"')}`);
  const piece = Buffer.alloc(MEGABYTE, "a");
  let megabytes = 0;
  const more = (): void => {
    while (megabytes < 200 && !sent.destroyed && status === 0) {
      megabytes += 1;
      if (!sent.write(piece)) {
        sent.once("drain", more);
        return;
      }
    }
    sent.end();
  };
  more();
  await ended;
  session.close();
  expect(status).toBe(constants.HTTP_STATUS_PAYLOAD_TOO_LARGE);
  expect(text).toContain("body_too_large");
  expect(megabytes).toBeLessThan(200);
  expect(memoryMost() - before).toBeLessThan(GROWTH_MAX_MB);
});

test("a register is taken over: its columns recognised, tried first, what can't be read given back, and its children found", async () => {
  const file = join(tmpdir(), `so-theo-doi-${process.pid}.csv`);
  const told = execFileSync(SAMPLE, ["--households", "40", "--villages", "2", file], { encoding: "utf8" });
  const villages = told.trim().split("\n").map((line) => line.split("=")).map(([code = "", name = ""]) => ({ code, name }));
  const headings = rowsOf(readFileSync(file, "utf8")).find((row) => row.includes("Số hộ")) ?? [];
  const written: Record<string, string> = {
    "THÔN": villages[0]!.name, "Số hộ": "999", "Chủ hộ": "Nông Văn Hỏng (giả lập)",
    "Họ và tên trẻ": "Nông Thị Hỏng (giả lập)", "Ngày sinh": "ba mươi tháng hai", "Giới tính": "Nữ",
  };
  appendFileSync(file, `${headings.map((name) => written[name] ?? "").join(",")}\n`);
  const fresh = await Desk.over(Office.begin(villages));
  try {
    const officer = await fresh.officer("canbo", "Cán bộ Giả Lập");
    const number = async (row: string) => Number((await officer.getByRole("row", { name: row }).getByRole("cell").innerText()).replaceAll(".", ""));
    await officer.goto("/office/import");
    await officer.locator("input[type=file]").setInputFiles(file);
    await officer.getByRole("button", { name: "Tải lên và xem các cột" }).click();
    await expect(officer.getByLabel(/^Dòng tiêu đề/)).toHaveValue("2");
    await officer.getByRole("button", { name: "Chạy thử" }).click();
    await expect(officer.getByRole("table", { name: "Chạy thử: nếu nhập thì" })).toBeVisible({ timeout: 60_000 });
    const [all, fits, refused] = [await number("Số dòng đọc được"), await number("Dòng nhập mới"), await number("Dòng không nhập được")];
    expect(fits).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(0);
    expect(fits + refused).toBe(all);
    expect(fresh.office.register(), "a trial writes nothing").toHaveLength(0);

    const { path } = await download(officer, () => officer.getByRole("link", { name: /^Tải các dòng cần sửa/ }).click());
    const given = rowsOf(readFileSync(path, "utf8"));
    expect(given).toHaveLength(refused + 1);
    expect(given.at(-1)).toEqual(expect.arrayContaining(["Nông Thị Hỏng (giả lập)", "ba mươi tháng hai"]));

    await officer.getByRole("button", { name: "Nhập vào sổ" }).click();
    await expect(officer.getByRole("table", { name: "Kết quả nhập" })).toBeVisible({ timeout: 60_000 });
    expect(await number("Dòng nhập mới")).toBe(fits);
    const children = fresh.office.register().flatMap((household) => Object.values(household.children));
    expect(children).toHaveLength(fits);
    await officer.getByRole("link", { name: "Xem sổ" }).click();
    await heading(officer, "Sổ theo dõi");
    const name = `${children[0]!["name"]}`;
    await officer.getByRole("searchbox").fill(name);
    await officer.keyboard.press("Enter");
    await expect(officer.locator(".matched", { hasText: name }).first()).toBeVisible();
  } finally {
    await fresh.end();
    rmSync(file);
  }
});
