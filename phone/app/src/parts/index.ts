/** What screens are made of. */
export { Icon, type IconName } from "./icons";
export { Page, ActionBar } from "./page";
export { Badge, Button, ButtonLink, Card, EmptyState, Facts, List, Notice, ProgressBar, Row, Section, Stepper, Loading, Failure } from "./layout";
export { ConfirmButton, Dialog } from "./dialog";
export { Field, FieldEditor, type FieldEditorProps } from "./field";
export { TextField } from "./text_field";
export { DateField } from "./date_field";
export { CheckList, RadioList, Choice, Segments, type Option } from "./choice";
export { announce } from "./announce";
export { stopAtWrong } from "./wrong";
