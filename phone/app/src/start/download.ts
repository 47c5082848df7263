/** Hands a file over to the phone, which puts it where downloads are. */
export function download(file: { name: string; bytes: Uint8Array }): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" }));
  link.download = file.name;
  link.click();
  // The phone reads the file after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
