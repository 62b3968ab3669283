// The code of a certificate or receipt, read by the browser itself where it can; the picture stays on the device.
interface Detector { detect(source: CanvasImageSource): Promise<Array<{ rawValue: string }>> }
interface DetectorKind { new (options: { formats: string[] }): Detector }

const place = document.querySelector<HTMLElement>('[data-scan]');
const form = document.querySelector<HTMLFormElement>('[data-verify]');
const kind = (window as unknown as { BarcodeDetector?: DetectorKind }).BarcodeDetector;
if (place && form && kind) {
  const detector = new kind({ formats: ['qr_code'] });
  const said = place.querySelector<HTMLElement>('[data-said]');
  const video = place.querySelector('video');
  const say = (text?: string) => { if (said) said.textContent = text ?? ''; };
  const take = async (source: CanvasImageSource) => {
    const [found] = await detector.detect(source);
    if (!found) return false;
    if (/\/lookup\?/.test(found.rawValue)) { // a receipt's code leads to its progress
      const address = new URL(found.rawValue);
      location.assign(address.pathname + address.search);
      return true;
    }
    const field = form.querySelector<HTMLInputElement>('[name=given]');
    if (field) field.value = found.rawValue;
    form.requestSubmit();
    return true;
  };
  place.hidden = false;
  if (!navigator.mediaDevices) place.querySelector<HTMLElement>('[data-camera]')?.setAttribute('hidden', '');
  place.querySelector('[data-camera]')?.addEventListener('click', async () => {
    if (!video) return;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      video.hidden = false;
      say(place.dataset['looking']);
      await video.play();
      const look = setInterval(async () => {
        if (await take(video).catch(() => false)) {
          clearInterval(look);
          stream.getTracks().forEach((track) => track.stop());
        }
      }, 300);
      addEventListener('pagehide', () => stream.getTracks().forEach((track) => track.stop()));
    } catch { say(place.dataset['denied']); }
  });
  place.querySelector<HTMLInputElement>('#scan-file')?.addEventListener('change', async (event) => {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (!file) return;
    const good = await createImageBitmap(file).then(take).catch(() => false);
    if (!good) say(place.dataset['none']);
  });
}

export {};
