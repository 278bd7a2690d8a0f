/** A small typed event source. A listener that throws does not keep the others from hearing. */
export class Emitter<M extends { [K in keyof M]: unknown[] }> {
  private readonly listeners = new Map<keyof M, Set<(...args: any[]) => void>>();

  /** Adds a listener; the returned function removes it. */
  on<K extends keyof M>(name: K, fn: (...args: M[K]) => void): () => void {
    let set = this.listeners.get(name);
    if (!set) this.listeners.set(name, (set = new Set()));
    set.add(fn);
    return () => this.off(name, fn);
  }

  /** Adds a listener for the next event only. */
  once<K extends keyof M>(name: K, fn: (...args: M[K]) => void): () => void {
    const off = this.on(name, (...args) => {
      off();
      fn(...args);
    });
    return off;
  }

  off<K extends keyof M>(name: K, fn: (...args: M[K]) => void): void {
    this.listeners.get(name)?.delete(fn);
  }

  /** True when somebody listens. */
  protected heard(name: keyof M): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  protected emit<K extends keyof M>(name: K, ...args: M[K]): void {
    for (const fn of [...(this.listeners.get(name) ?? [])]) {
      try {
        fn(...args);
      } catch (thrown) {
        // The page's fault must show in its console, but not stop the telephone.
        setTimeout(() => {
          throw thrown;
        }, 0);
      }
    }
  }
}
