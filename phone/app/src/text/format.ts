/** Days, moments and sizes in words. Days are the register's own (no time zone); moments are this phone's clock. */
import type { Day, PartialDate, Seconds } from "../core/api";
import { language, t } from ".";

/** `2019-05-03` → `03/05/2019`, `2019-05` → `05/2019`, `2019` → `2019`. */
export function dateText(date: PartialDate): string {
  return date.split("-").reverse().join("/");
}

/** A day without its year where that is plain. */
export function dayText(day: Day, today?: Day): string {
  const whole = dateText(day);
  return today && today.slice(0, 4) === day.slice(0, 4) ? whole.slice(0, 5) : whole;
}

const locale = () => (language.value === "en" ? "en-GB" : "vi-VN");

/** `19:05`, `19:05 hôm qua` or `19:05 ngày 12/10/2026`. */
export function momentText(at: Seconds, now: Date = new Date()): string {
  const moment = new Date(at * 1000);
  const time = moment.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });
  if (moment.toDateString() === now.toDateString()) return t("moment.today", { time });
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (moment.toDateString() === yesterday.toDateString()) return t("moment.yesterday", { time });
  return t("moment.day", { time, day: moment.toLocaleDateString(locale(), { day: "2-digit", month: "2-digit", year: "numeric" }) });
}

/** A moment's day: `12/10/2026`. */
export function momentDayText(at: Seconds): string {
  return new Date(at * 1000).toLocaleDateString(locale(), { day: "2-digit", month: "2-digit", year: "numeric" });
}

export function bytesText(bytes: number): string {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, "GB"] : bytes >= 1e6 ? [bytes / 1e6, "MB"] : [bytes / 1e3, "KB"];
  return `${value.toLocaleString(locale(), { maximumFractionDigits: 1 })} ${unit}`;
}

/** A wait as a person says it. */
export function waitText(seconds: number): string {
  return seconds < 60
    ? t("wait.seconds", { n: Math.ceil(seconds) })
    : seconds < 3600
      ? t("wait.minutes", { n: Math.ceil(seconds / 60) })
      : t("wait.hours", { n: Math.ceil(seconds / 3600) });
}
