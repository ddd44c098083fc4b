// Leaves out of the reference what a reader knows or has seen. Loaded by typedoc (typedoc.json).
//
// A signature ends with the type that it returns, so a section about that type stays only if it adds something.
// Inherited members are not marked as such. addEventListener is that of HTMLElement, with types: its events are in the
// maps. To hide members by tags in the types was refused: everybody who reads the types would see those tags. The tags
// that the types have describe elements. Each kind of tag becomes one list.
import { CommentTag, Converter, OptionDefaults, ReflectionKind } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

class Theme extends MarkdownTheme {
  /** @override @param {import('typedoc-plugin-markdown').MarkdownPageEvent<import('typedoc').Reflection>} page */
  getRenderContext(page) {
    const context = new MarkdownThemeContext(this, page, this.application.options);
    const { signatureReturns } = context.partials;
    context.partials.signatureReturns = (signature, options) =>
      signature.comment?.getTag('@returns') ? signatureReturns(signature, options) : '';
    return context;
  }
}

/** @type {Map<`@${string}`, `@${string}`>} */
const lists = new Map([
  ['@slot', '@content'],
  ['@attr', '@writtenAttributes'],
  ['@part', '@parts'],
  ['@csspart', '@partsOfItsShadowTree'],
  ['@cssprop', '@customProperties'],
]);

/**
 * Makes one section of all tags of a kind, such as `@part error The message …`, with a line for each.
 * @param {import('typedoc').Comment} comment
 */
function listTags(comment) {
  for (const [tag, section] of lists) {
    const found = comment.getTags(tag);
    if (found.length === 0) continue;
    comment.removeTags(tag);
    const lines = found.map(({ content }) => content.map(({ text }) => text).join(''));
    const text = tag === '@slot' ? lines : lines.map((line) => line.replace(/^(\S+) /, '- `$1`: '));
    comment.blockTags.push(new CommentTag(section, [{ kind: 'text', text: text.join('\n') }]));
  }
}

/** @param {import('typedoc-plugin-markdown').MarkdownApplication} application */
export function load(application) {
  application.options.setValue('blockTags', [...OptionDefaults.blockTags, ...lists.keys()]);
  application.renderer.defineTheme('reference', Theme);
  application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      if (reflection.comment) listTags(reflection.comment);
      Object.assign(reflection, { inheritedFrom: undefined, overwrites: undefined });
    }
  });
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const member of project.getReflectionsByKind(ReflectionKind.Method))
      if (member.name === 'addEventListener') project.removeReflection(member);
    // This interface is for programs. Each element's own description says the same.
    for (const tags of project.getReflectionsByKind(ReflectionKind.Interface))
      if (tags.name === 'SqliteTags') project.removeReflection(tags);
    // The name that the types use. A page may import the default under any name.
    for (const main of project.getReflectionsByKind(ReflectionKind.Function | ReflectionKind.CallSignature))
      if (main.name === 'default') main.name = 'init';
  });
}
