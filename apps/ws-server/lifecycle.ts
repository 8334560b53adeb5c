/** Where this instance is in its life, and what that means to whoever asks. */

export class Lifecycle {
  /** `/lb` says 503; whoever comes all the same is served. */
  draining = false;
  /** The process ends: no new client is accepted. */
  ending = false;
  /** It has served once. */
  served = false;
  readonly #kafkaHealthy: () => boolean;

  constructor(kafkaHealthy: () => boolean) {
    this.#kafkaHealthy = kafkaHealthy;
  }

  /** May it be sent traffic by whoever starts it? */
  get ready(): boolean {
    const ready = this.#kafkaHealthy() && !this.draining;
    this.served ||= ready;
    return ready;
  }

  /**
   * May the load balancer send it new clients? Not before it was ready for the first time, and not while it drains. An
   * outage of the brokers is everybody's: leaving the balancer then would only turn waiting clients into refused ones.
   */
  get admitting(): boolean {
    return (this.served || this.ready) && !this.draining;
  }
}
