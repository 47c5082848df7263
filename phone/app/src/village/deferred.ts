/** A value once it has rested: for what is asked of the core while somebody types. */
import { useEffect, useState } from "preact/hooks";

export function useDeferred<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(() => value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}
