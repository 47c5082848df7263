/** What is typed and can't be read is not written: whoever goes on from it is brought back to it first. */

/** Goes to the first such field within `place`, where the message is. Whether there is one. */
export function stopAtWrong(place: ParentNode = document): boolean {
  const field = place.querySelector<HTMLElement>('[aria-invalid="true"]');
  field?.focus();
  return field !== null;
}
