"use strict";
// A plugin of Swagger UI, added to its preset because the page's own script takes no other plugins.
SwaggerUIBundle.presets.apis = [
  SwaggerUIBundle.presets.apis,
  ({ React }) => ({
    statePlugins: {
      auth: {
        wrapSelectors: {
          // The empty alternative of an optional token would lock the padlock before anything is authorized.
          isAuthorized: (isAuthorized) => (state, security) => isAuthorized(security.filter((part) => part.size)),
        },
      },
    },
    wrapComponents: {
      // An error response that operations share is one line, until it is opened.
      response: (Response) => (props) => {
        const [open, setOpen] = React.useState(false);
        const operation = ["paths", props.path, props.method, "responses", props.code];
        const response = React.createElement(Response, props);
        if (!props.specSelectors.specJson().hasIn([...operation, "$ref"])) return response;
        const text = props.response.get("description").replaceAll("`", "");
        const button = React.createElement(
          "button",
          { type: "button", className: "shared-response", "aria-expanded": open, onClick: () => setOpen(!open) },
          text,
        );
        const line = React.createElement(
          "tr",
          { className: "response", "data-code": props.code },
          React.createElement("td", { className: "response-col_status" }, props.code),
          React.createElement("td", { className: "response-col_description", colSpan: 2 }, button),
        );
        return open ? React.createElement(React.Fragment, null, line, response) : line;
      },
    },
  }),
];
