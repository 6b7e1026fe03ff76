// What one slide of a sliding window costs, and what it costs a loop that adds up all panes of a window.
import { SPAN_MS } from './generate.mjs';
import { runTidemark, runYardstick, demandSame } from './throughput.mjs';

/** With more keys the loop over all panes would run for minutes. */
const BY_PANES_KEYS_MAX = 100_000;

/**
 * @param measured the workload's own result
 * @returns the CPU time of the sandbox for one slide, with and without the reading of the records in between; and how many
 * times as fast the whole is as adding up all panes, where that was tried
 */
export async function measureSlides(instance, workload, { measured, keys, say }) {
  const { sizeMs, slideMs, without } = workload.slides;
  const { records, recordsPerCoreSecond } = measured;
  const recordsPerSlide = Math.round((records * slideMs) / SPAN_MS);
  const coreMs = (rate) => (1_000 * recordsPerSlide) / rate;
  const open = await runTidemark(instance, without);
  const [all, reading] = [coreMs(recordsPerCoreSecond), coreMs(open.recordsPerCoreSecond)];
  say(`a slide, ${keys} keys: ${all.toFixed(1)} ms, of which reading ${reading.toFixed(1)} ms`);
  const cost = { recordsPerSlide, coreMsPerSlide: rounded(all), coreMsPerSlideAlone: rounded(all - reading) };
  if (keys > BY_PANES_KEYS_MAX) return cost;
  const ratioByPanes = await compareByPanes(instance, workload, { measured, batches: open.batches, sizeMs });
  say(`sliding by panes, ${keys} keys: ${ratioByPanes.toFixed(2)} times`);
  return { ...cost, ratioByPanes: rounded(ratioByPanes) };
}

/** Over the first batches: as far as the first window is whole, and one more, which is measured. */
async function compareByPanes(instance, workload, { measured, batches, sizeMs }) {
  const wanted = (measured.records * sizeMs) / SPAN_MS;
  let seen = 0;
  const warmBatches = 1 + batches.findIndex(({ commit }) => (seen += commit.recordsIn) >= wanted);
  const some = batches.slice(0, warmBatches + 1);
  const options = { sources: workload.sources, batches: some, warmBatches };
  const byTotals = await runYardstick(instance, workload.name, options);
  const byPanes = await runYardstick(instance, workload.slides.byPanes, options);
  demandSame(workload.slides.byPanes, byTotals.checksum, byPanes.checksum);
  return measured.recordsPerSecond / byPanes.recordsPerSecond;
}

const rounded = (value) => Math.round(value * 100) / 100;
