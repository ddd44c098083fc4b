// What the reference leaves out: what a reader knows or has seen. Loaded by typedoc (typedoc.json).
// A signature ends with what it returns, so a section that says it again stays only where there is something to add;
// inherited members are not told from own ones; and addEventListener is HTMLElement's, typed: its events are in the
// maps. Tags in the types were refused: everybody who reads the types would read those.
import { Converter, ReflectionKind } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

class Context extends MarkdownThemeContext {
  partials = withoutRepetition(this.partials);
}

function withoutRepetition(partials) {
  return {
    ...partials,
    signatureReturns: (signature, options) =>
      signature.comment?.getTag('@returns') ? partials.signatureReturns(signature, options) : '',
  };
}

class Theme extends MarkdownTheme {
  getRenderContext(page) {
    return new Context(this, page, this.application.options);
  }
}

export function load(application) {
  application.renderer.defineTheme('reference', Theme);
  application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      delete reflection.inheritedFrom;
      delete reflection.overwrites;
    }
  });
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const member of project.getReflectionsByKind(ReflectionKind.Method))
      if (member.name === 'addEventListener') project.removeReflection(member);
    // Who imports the default export calls it what the types call it.
    for (const main of project.getReflectionsByKind(ReflectionKind.Function))
      if (main.name === 'default') main.name = main.signatures[0].name = 'init';
  });
}
