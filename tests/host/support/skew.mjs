// Preloaded into a controller whose clock is years off.
const { Date: RealDate } = globalThis;
const OFF_MS = Number(process.env.SKEW_YEARS) * 365 * 24 * 3600 * 1000;

globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + OFF_MS);
    else super(...words);
  }

  static now() {
    return RealDate.now() + OFF_MS;
  }
};
