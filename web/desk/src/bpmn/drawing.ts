// A process as it was drawn, to look at and to mark. The bpmn.io mark in the corner must stay fully visible.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';

type Shape = { id: string; businessObject?: { name?: string } };
type Canvas = { zoom(level: string, center?: string): void; addMarker(id: string, marker: string): void; removeMarker(id: string, marker: string): void };
type Registry = { get(id: string): Shape | undefined; forEach(visit: (shape: Shape) => void): void };
type Overlays = { add(id: string, overlay: { position: { top: number; right: number }; html: HTMLElement }): void; clear(): void };

export class Drawing {
  readonly names: Record<string, string> = {};
  private viewer: InstanceType<typeof NavigatedViewer>;
  private marked: [string, string][] = [];

  constructor(container: HTMLElement) {
    this.viewer = new NavigatedViewer({ container });
  }
  async show(xml: string): Promise<void> {
    this.marked = [];
    await this.viewer.importXML(xml);
    this.registry.forEach((shape) => { if (shape.businessObject?.name) this.names[shape.id] = shape.businessObject.name; });
    this.canvas.zoom('fit-viewport', 'auto');
  }
  mark(id: string, marker: string): void {
    if (!this.registry.get(id)) return;
    this.canvas.addMarker(id, marker);
    this.marked.push([id, marker]);
  }
  badge(id: string, text: string, look: string): void {
    if (!this.registry.get(id)) return;
    const html = document.createElement('div');
    html.className = look;
    html.textContent = text;
    this.overlays.add(id, { position: { top: -12, right: 14 }, html });
  }
  clear(): void {
    for (const [id, marker] of this.marked.splice(0)) this.canvas.removeMarker(id, marker);
    this.overlays.clear();
  }
  destroy(): void { this.viewer.destroy(); }

  private get canvas(): Canvas { return this.viewer.get('canvas'); }
  private get registry(): Registry { return this.viewer.get('elementRegistry'); }
  private get overlays(): Overlays { return this.viewer.get('overlays'); }
}
