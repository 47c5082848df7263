/** A question that has to be answered before going on. The browser's own dialog keeps focus and Escape right. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../text";
import { Button, type ButtonKind } from "./layout";
import type { IconName } from "./icons";

export function Dialog(props: {
  open: boolean;
  title: string;
  onClose: () => void;
  /** Fills the screen: for long lists. */
  tall?: boolean;
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (props.open && !element.open) element.showModal();
    if (!props.open && element.open) element.close();
  }, [props.open]);
  return (
    <dialog ref={dialog} class={props.tall ? "dialog dialog-tall" : "dialog"} aria-labelledby={id} onClose={() => props.open && props.onClose()}>
      {props.open && (
        <>
          <h2 id={id}>{props.title}</h2>
          <div class="dialog-body">{props.children}</div>
          {props.actions && <div class="dialog-actions">{props.actions}</div>}
        </>
      )}
    </dialog>
  );
}

/** A button whose action is asked about first. */
export function ConfirmButton(props: {
  kind?: ButtonKind;
  icon?: IconName;
  title: string;
  /** What will happen, in plain words. */
  explain: ComponentChildren;
  confirm: string;
  busy?: boolean;
  disabled?: boolean;
  onConfirm: () => void;
  children: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind={props.kind} icon={props.icon} busy={props.busy} disabled={props.disabled} onClick={() => setOpen(true)}>
        {props.children}
      </Button>
      <Dialog
        open={open}
        title={props.title}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button onClick={() => setOpen(false)}>{t("cancel")}</Button>
            <Button
              kind={props.kind === "danger" ? "danger" : "primary"}
              onClick={() => {
                setOpen(false);
                props.onConfirm();
              }}
            >
              {props.confirm}
            </Button>
          </>
        }
      >
        {props.explain}
      </Dialog>
    </>
  );
}
