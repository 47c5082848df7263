/** Numbers to call. They need no network of ours, no PIN and no office. */
import { useSession } from "../app/session";
import { Icon } from "../parts/icons";
import { t } from "../text";

/** Tổng đài điện thoại quốc gia bảo vệ trẻ em: free of charge, day and night. */
export const CHILD_LINE = "111";

function CallLink({ number, label, strong }: { number: string; label: string; strong?: boolean }) {
  return (
    <a class={strong ? "call call-strong" : "call"} href={`tel:${number.replace(/[^\d+]/g, "")}`}>
      <Icon name="phone" />
      <span>
        <span class="call-number">{t("call.number", { number })}</span>
        <span class="call-label">{label}</span>
      </span>
    </a>
  );
}

export function ChildLine() {
  return <CallLink number={CHILD_LINE} label={t("call.child_line")} strong />;
}

export function Numbers() {
  const contacts = useSession().home.value?.contacts ?? [];
  return (
    <div class="calls">
      <ChildLine />
      {contacts.map((contact) => (
        <CallLink key={contact.phone} number={contact.phone} label={contact.label} />
      ))}
    </div>
  );
}
