"""The pages of the desk, in Gradio. Only text that voz wrote itself is ever shown as markup."""
