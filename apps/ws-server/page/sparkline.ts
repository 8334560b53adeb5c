/** The price of the last trades as a line. */

const POINTS_MAX = 240;
const PADDING_PX = 4;

export class Sparkline {
  #values: number[] = [];
  readonly #canvas: HTMLCanvasElement;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  reset(): void {
    this.#values = [];
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > POINTS_MAX) this.#values.shift();
  }

  /** Last against first value shown, as a share; undefined with fewer than two. */
  change(): number | undefined {
    const first = this.#values[0];
    const last = this.#values.at(-1);
    return first === undefined || last === undefined || this.#values.length < 2 ? undefined : last / first - 1;
  }

  draw(): void {
    const canvas = this.#canvas;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext('2d');
    if (!context || this.#values.length < 2) return;
    context.scale(scale, scale);
    const low = Math.min(...this.#values);
    const span = Math.max(...this.#values) - low || 1;
    const x = (index: number) => PADDING_PX + (index * (width - 3 * PADDING_PX)) / (this.#values.length - 1);
    const y = (value: number) => height - PADDING_PX - ((value - low) / span) * (height - 2 * PADDING_PX);
    const style = getComputedStyle(document.documentElement);
    const color = style.getPropertyValue('--accent');
    context.beginPath();
    for (const [index, value] of this.#values.entries()) context.lineTo(x(index), y(value));
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.stroke();
    const end = { x: x(this.#values.length - 1), y: y(this.#values.at(-1) ?? low) };
    context.lineTo(end.x, height);
    context.lineTo(x(0), height);
    const fill = context.createLinearGradient(0, 0, 0, height);
    fill.addColorStop(0, style.getPropertyValue('--glow'));
    fill.addColorStop(1, 'transparent');
    context.fillStyle = fill;
    context.fill();
    context.beginPath();
    context.arc(end.x, end.y, 3.5, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
  }
}
