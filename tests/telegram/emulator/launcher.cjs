// The Bot API on this machine: telegram-test-api, made as strict as Telegram where its clients are.
//
//     node launcher.cjs PORT
//
// The package answers for storage and for the user's side; what clients of the real Bot API rely on and it lacks
// is answered here, before its own routes. For tests there are besides:
//   POST /test/fault  {method, status, body, count} or {method, drop|hang: true, count}   the next calls go wrong
//   GET  /test/log    every call of the bot: when it came (ms), its method, its fields
//   POST /test/file   {id, name, content (base64)}   what the bot can download under that file_id
//   POST /test/reset  as if just started; calls that hang are cut
'use strict';

const TelegramServer = require('telegram-test-api');

const LONGEST_TEXT = 4096;
const LONGEST_DATA = 64;
const TAGS = new Set(['b', 'strong', 'i', 'em', 'u', 's', 'code', 'pre', 'a', 'blockquote', 'tg-spoiler']);
const WAIT = 20; // steps of 50 ms that getUpdates waits for something new

const seconds = () => Math.floor(Date.now() / 1000);

// Form fields that carry JSON come as text.
function unpacked(value) {
    if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

// What Telegram would refuse of a text in its HTML; '' where it would not.
function refusal(text, html) {
    if (!text) return 'Bad Request: message text is empty';
    let plain = text;
    if (html) {
        const open = [];
        for (const [, closing, name] of text.matchAll(/<(\/?)([a-z-]+)[^>]*>/gi)) {
            const tag = name.toLowerCase();
            if (!TAGS.has(tag)) return `Bad Request: can't parse entities: Unsupported start tag "${tag}"`;
            if (!closing) open.push(tag);
            else if (open.pop() !== tag) return `Bad Request: can't parse entities: Unmatched end tag "${tag}"`;
        }
        if (open.length) return `Bad Request: can't parse entities: Can't find end tag "${open.pop()}"`;
        plain = text.replace(/<\/?[a-z-]+[^>]*>/gi, '');
        if (/[<>]/.test(plain)) return "Bad Request: can't parse entities";
        plain = plain.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&');
    }
    return plain.length > LONGEST_TEXT ? 'Bad Request: message is too long' : '';
}

function badButton(markup) {
    const buttons = (markup?.inline_keyboard ?? []).flat();
    return buttons.some(one => one.callback_data !== undefined
        && (one.callback_data === '' || Buffer.byteLength(one.callback_data) > LONGEST_DATA));
}

// A pressed button comes with the chat it was pressed in, and with the message as it was.
const formatted = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = update => {
    const made = formatted(update);
    const query = made.callback_query;
    if (query) {
        query.chat_instance ??= String(query.message?.chat?.id ?? 0);
        if (query.message) {
            query.message.message_id ??= 0;
            query.message.date ??= seconds();
        }
    }
    return made;
};

class Emulator extends TelegramServer {
    addBotMessage(raw, token) {
        const fields = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, unpacked(value)]));
        const made = super.addBotMessage(fields, token);
        const message = {
            message_id: made.message_id,
            date: seconds(),
            chat: { id: Number(fields.chat_id), type: 'private', first_name: 'Test' },
            from: { id: Number(token.split(':')[0]), is_bot: true, first_name: 'Merzim' },
            text: fields.text,
        };
        if (fields.reply_markup?.inline_keyboard) message.reply_markup = fields.reply_markup;
        return message;
    }
}

const port = Number(process.argv[2]);
const server = new Emulator({ port, host: '127.0.0.1', storeTimeout: 3600 });
const state = { faults: [], log: [], files: new Map(), hanging: new Set(), polls: new Map() };

const ok = (response, result) => response.json({ ok: true, result });
const refuse = (response, code, description) =>
    response.status(code).json({ ok: false, error_code: code, description });

function forTests(request, response) {
    switch (request.path) {
    case '/test/fault':
        state.faults.push({ count: 1, ...request.body });
        break;
    case '/test/file':
        state.files.set(request.body.id, request.body);
        break;
    case '/test/log':
        response.json(state.log);
        return true;
    case '/test/reset':
        state.hanging.forEach(socket => socket.destroy());
        Object.assign(state, { faults: [], log: [], files: new Map(), hanging: new Set() });
        server.storage.userMessages = [];
        server.storage.botMessages = [];
        break;
    default:
        return false;
    }
    response.json({ ok: true });
    return true;
}

function wentWrong(method, request, response) {
    const fault = state.faults.find(one => one.count > 0 && one.method === method);
    if (!fault) return false;
    fault.count -= 1;
    if (fault.hang) state.hanging.add(request.socket);
    else if (fault.drop) request.socket.destroy();
    else response.status(fault.status).json(fault.body);
    return true;
}

function edited(fields, response) {
    const known = server.storage.botMessages.find(one => String(one.messageId) === String(fields.message_id)
        && String(one.message.chat_id) === String(fields.chat_id));
    if (!known) return refuse(response, 400, 'Bad Request: message to edit not found');
    const markup = unpacked(fields.reply_markup);
    const before = JSON.stringify([known.message.text, known.message.reply_markup]);
    const text = fields.text ?? known.message.text;
    known.message = { ...known.message, text, reply_markup: markup };
    if (JSON.stringify([text, markup]) === before) {
        return refuse(response, 400, 'Bad Request: message is not modified');
    }
    return ok(response, {
        message_id: known.messageId,
        date: Math.floor(known.time / 1000),
        edit_date: seconds(),
        chat: { id: Number(fields.chat_id), type: 'private', first_name: 'Test' },
        text,
        ...(markup?.inline_keyboard ? { reply_markup: markup } : {}),
    });
}

// One poller a token: the one that polls already is told so when another begins.
async function polled(token, request) {
    const mine = Symbol(token);
    state.polls.set(token, mine);
    const turned = () => request.socket.destroyed || state.polls.get(token) !== mine;
    for (let step = 0; step < WAIT && !turned(); step += 1) {
        if (server.storage.userMessages.some(one => one.botToken === token && !one.isRead)) break;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    // Updates are for open connections only: a closed one must not consume them.
    if (request.socket.destroyed) return 'gone';
    if (turned()) return 'conflict';
    state.polls.delete(token);
    return 'mine';
}

async function before(request, response, next) {
    if (forTests(request, response)) return undefined;
    const file = /^\/file\/bot[^/]+\/(.+)$/.exec(request.path);
    if (file) {
        const kept = state.files.get(file[1]);
        return kept ? response.send(Buffer.from(kept.content, 'base64')) : response.status(404).send('');
    }
    const call = /^\/bot([^/]+)\/(\w+)$/.exec(request.path);
    if (!call) return next();
    const [, token, method] = call;
    const fields = request.body ?? {};
    state.log.push({ at: Date.now(), method, fields });
    if (wentWrong(method, request, response)) return undefined;
    switch (method) {
    case 'getMe':
        return ok(response, { id: Number(token.split(':')[0]), is_bot: true, first_name: 'Merzim', username: 'MerzimBot' });
    case 'sendMessage': {
        const problem = refusal(fields.text, fields.parse_mode === 'HTML');
        if (problem) return refuse(response, 400, problem);
        if (badButton(unpacked(fields.reply_markup))) return refuse(response, 400, 'Bad Request: BUTTON_DATA_INVALID');
        return next();
    }
    case 'getFile': {
        const kept = state.files.get(fields.file_id);
        if (!kept) return refuse(response, 400, 'Bad Request: wrong file_id');
        const size = Buffer.from(kept.content, 'base64').length;
        return ok(response, { file_id: kept.id, file_unique_id: kept.id, file_size: size, file_path: kept.id });
    }
    case 'getUpdates': {
        const turn = await polled(token, request);
        if (turn === 'gone') return undefined;
        if (turn === 'conflict') {
            state.log.push({ at: Date.now(), method: 'conflict', fields: {} });
            return refuse(response, 409, 'Conflict: terminated by other getUpdates request');
        }
        return next();
    }
    case 'answerCallbackQuery':
    case 'setMyCommands':
    case 'deleteWebhook':
        return ok(response, true);
    case 'editMessageText':
    case 'editMessageReplyMarkup':
        return edited(fields, response);
    default:
        return refuse(response, 404, 'Not Found: method not found');
    }
}

// Before the routes of the package: behind what reads bodies, in front of what answers.
server.webServer.use((request, response, next) => { before(request, response, next).catch(next); });
const layers = server.webServer._router.stack;
layers.splice(layers.findIndex(layer => layer.route), 0, layers.pop());

server.start().then(() => console.log(`ready on 127.0.0.1:${port}`));
