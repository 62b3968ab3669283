// Packages without types, as far as they are used here.
declare module 'bpmn-js-i18n/translations/zn' {
  const texts: Record<string, string>;
  export default texts;
}
declare module 'dmn-js/lib/Modeler' {
  export type DmnView = { id: string; type: string; name?: string; element: { id: string; name?: string; decisionLogic?: { $type: string } } };
  export default class DmnManager {
    constructor(options: Record<string, unknown>);
    importXML(xml: string, options?: { open?: boolean }): Promise<{ warnings: unknown[] }>;
    saveXML(options: { format: boolean }): Promise<{ xml: string }>;
    getViews(): DmnView[];
    getActiveView(): DmnView | undefined;
    getActiveViewer(): { get(name: 'canvas'): { zoom(level: string, center?: string): void } };
    open(view: DmnView): Promise<unknown>;
    on(event: string, listener: (event: { views?: DmnView[]; viewer?: { on(event: string, listener: () => void): void }; activeView?: DmnView }) => void): void;
    destroy(): void;
  }
}
declare module 'dmn-js/lib/NavigatedViewer' {
  export { default } from 'dmn-js/lib/Modeler';
}
