import { formatServices, processManager, processManagerSync, settleSync } from '@lantern/process-manager'

const LABEL = 'dev.lantern.beacon'

export async function restart(): Promise<void> {
  await processManager.restart('dev.lantern.beacon')
}

export async function stopAll(): Promise<string> {
  const names = [LABEL]
  await processManager.stop(LABEL).catch(() => {});[...names, 'dev.lantern.mirror'].forEach((name) => {
    settleSync(() => processManagerSync.stop(name))
  })
  return 'stopped'
}

export function printed(): string {
  const text = formatServices(processManagerSync.list(''), { header: true })
  return text
}

export async function unloadForGood(): Promise<void> {
  await processManager.disable('dev.lantern.beacon')
  await processManager.stop('dev.lantern.beacon')
}
