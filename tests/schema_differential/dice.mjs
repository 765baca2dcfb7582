/** Random decisions that a seed repeats. */
export class Dice {
  #state;
  constructor(seed) {
    this.#state = (seed * 2654435761 + 1) >>> 0;
  }
  /** In [0, 1): mulberry32. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  /** An integer from low to high, both included. */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  chance(probability) {
    return this.next() < probability;
  }
  pick(list) {
    return list[this.between(0, list.length - 1)];
  }
  /** `count` different ones, fewer where there are fewer. */
  some(list, count) {
    const rest = [...list], chosen = [];
    while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return chosen;
  }
}
